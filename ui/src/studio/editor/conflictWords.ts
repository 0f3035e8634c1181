import type { StudioGoods } from '../../host/contract';
import type { Words } from '../../text/zh';
import { type Field, type Form, formOf } from '../form';

/** A field's value as it is read, to be compared with another. */
export function fieldText(words: Words, field: Field, of: Form | StudioGoods): string {
  const form = 'item' in of ? formOf(of) : of;
  switch (field) {
    case 'price':
      return `¥${form.price}`;
    case 'kind':
      return words.studio.kinds[form.kind];
    case 'on_sale':
      return form.on_sale ? words.studio.yes : words.studio.no;
    case 'picture':
      return form.picture === null ? '' : words.studio.hasPicture;
    case 'limit':
      return form.limit === '' ? words.studio.limitNone : form.limit;
    case 'title':
    case 'note':
    case 'description':
    case 'fins':
    case 'stock':
      return form[field];
  }
}
