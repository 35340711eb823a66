import { Controller, Get, Logger, NotFoundException, Param, ParseIntPipe } from '@nestjs/common';

interface Item {
  readonly id: number;
  readonly name: string;
  readonly price: number;
}

const ITEMS: readonly Item[] = [
  { id: 1, name: 'Desk lamp', price: 39 },
  { id: 2, name: 'Notebook', price: 6 },
  { id: 3, name: 'Fountain pen', price: 48 },
  { id: 4, name: 'Paper clips', price: 2 },
  { id: 5, name: 'Bookshelf', price: 129 },
];

@Controller('api/items')
export class ItemsController {
  private readonly logger = new Logger(ItemsController.name);

  @Get()
  list(): readonly Item[] {
    return ITEMS;
  }

  @Get(':id')
  find(@Param('id', ParseIntPipe) id: number): Item {
    const item = ITEMS.find((candidate) => candidate.id === id);
    if (item === undefined) {
      this.logger.warn(`There is no item ${id}`);
      throw new NotFoundException(`There is no item ${id}`);
    }
    return item;
  }
}
