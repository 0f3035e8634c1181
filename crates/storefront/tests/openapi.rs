//! The description of the API is kept: a change of the contract is seen in review.

#[test]
fn the_api_is_the_one_that_was_described() {
    insta::assert_json_snapshot!(storefront::routes::openapi());
}
